-- Writes a record if its revision is prev, and returns what came of it, with the revision where it
-- has landed.
-- KEYS: house, record, log, graves. ARGV: prev, row, key, channel, format, and for how many
-- milliseconds a tombstone is kept. prev and the head of a row are bytes, whose layout is that
-- of row.go. The row is written and told as it came, for a string of its length is dear
-- here; only where there was no record this script puts in the revision.
local house, record, log, graves = unpack(KEYS)
local prev, row, key, channel, format, keep = unpack(ARGV)

local head = redis.call('GETRANGE', record, 0, 25)
local rev = '\0\0\0\0\0\0\0\0'
if head ~= '' then
  if #head < 26 or head:byte(1) ~= 1 or head:byte(2) > 1 then
    return 'foreign'
  end
  rev = head:sub(3, 10)
elseif redis.call('HGET', house, 'format') ~= format then
  return 'lost'
end
if rev ~= prev then
  local op = row:sub(11, 26)
  if op ~= string.rep('\0', 16) and op == head:sub(11) then
    return 'landed ' .. rev
  end
  return 'conflict'
end

-- What can be refused comes before the record: an error then says that it was not written.
local number = redis.call('HINCRBY', house, 'writes', 1)
if number == 1 then -- there was none
  redis.call('DEL', house)
  return 'lost'
end
if head == '' then
  local now = redis.call('TIME')
  row = row:sub(1, 2) .. struct.pack('>I8', now[1] * 1000000 + now[2]) .. row:sub(11)
end
local gone = row:byte(2) == 1
if gone then
  local now = redis.call('TIME')
  local ms = now[1] * 1000 + math.floor(now[2] / 1000)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', graves, '-inf', ms, 'LIMIT', 0, 8)) do
    redis.call('ZREM', graves, old)
    redis.call('ZREM', log, old)
  end
  redis.call('ZADD', graves, ms + keep, key)
elseif head == '' or head:byte(2) == 1 then -- there was a tombstone, or may have been
  redis.call('ZREM', graves, key)
end
redis.call('ZADD', log, number, key)
redis.call('PUBLISH', channel, row)
if gone then
  redis.call('SET', record, row, 'PX', keep)
else
  redis.call('SET', record, row)
end
return 'landed ' .. row:sub(3, 10)
