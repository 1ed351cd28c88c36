-- Writes a record if its revision is prev, and returns what came of it, with the revision
-- where it has landed.
-- KEYS: house, record, log, graves. ARGV: prev, row, key, channel, and of a tombstone for how
-- many milliseconds it is kept. prev and the head of a row are bytes, whose layout is that of
-- row.go. The row comes without its revision, which is written into the record and told before
-- it: to put together a string of a row's length costs more here than all the rest. For the same
-- reason numbers are strings: redis.call writes each with 17 digits.
local house, record, log, graves = unpack(KEYS)
local prev, row, key, channel, keep = unpack(ARGV)

local head = redis.call('GETRANGE', record, '0', '25')
local rev, was = '\0\0\0\0\0\0\0\0', 1 -- there was a tombstone, or may have been
if head ~= '' then
  local version
  version, was = head:byte(1, 2)
  if #head < 26 or version ~= 1 or was > 1 then
    return 'foreign'
  end
  rev = head:sub(3, 10)
end
if rev ~= prev then
  local op = row:sub(11, 26)
  if op ~= string.rep('\0', 16) and op == head:sub(11) then
    return 'landed ' .. rev
  end
  return 'conflict'
end

-- What can be refused comes before the record: an error then says that it was not written.
local number = redis.call('HINCRBY', house, 'rev-2', '1')
if number == 1 then -- the house was lost, or is one of another format
  redis.call('HDEL', house, 'rev-2')
  return 'lost'
end
rev = struct.pack('>I8', number)
redis.call('PUBLISH', channel, '\0' .. rev .. key)
redis.call('PUBLISH', channel, row)
if keep then
  local now = redis.call('TIME')
  local ms = now[1] * 1000 + math.floor(now[2] / 1000)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', graves, '-inf', ms, 'LIMIT', 0, 8)) do
    redis.call('ZREM', graves, old)
    redis.call('ZREM', log, old)
  end
  redis.call('ZADD', graves, ms + keep, key)
elseif was == 1 then
  redis.call('ZREM', graves, key)
end
redis.call('ZADD', log, string.format('%d', number), key)
if keep then
  redis.call('SET', record, row, 'PX', keep)
else
  redis.call('SET', record, row)
end
redis.call('SETRANGE', record, '2', rev)
return 'landed ' .. rev
