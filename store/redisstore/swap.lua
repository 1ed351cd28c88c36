-- Writes a record if its revision is prev, and returns what came of it and the revision.
-- KEYS: house, record, log, graves. ARGV: format, channel, key, prev, gone, op, value,
-- and for how many milliseconds a tombstone is kept. prev and op are bytes of a row,
-- whose layout is that of row.go.
local house, record, log, graves = unpack(KEYS)
local format, channel, key, prev, gone, op, value, keep = unpack(ARGV)

if redis.call('HGET', house, 'format') ~= format then
  return {'lost', ''}
end
local head = redis.call('GETRANGE', record, 0, 25)
local rev, last = string.rep('\0', 8), ''
if head ~= '' then
  if #head < 26 or head:byte(1) ~= 1 or head:byte(2) > 1 then
    return {'foreign', ''}
  end
  rev, last = head:sub(3, 10), head:sub(11, 26)
end
if op == last and op ~= string.rep('\0', 16) then
  return {'landed', rev}
end
if rev ~= prev then
  return {'conflict', ''}
end

-- What can be refused comes before the record: an error then says that it was not written.
local number = redis.call('HINCRBY', house, 'rev', 1)
rev = struct.pack('>I8', number)
local row = '\1' .. gone .. rev .. op .. value
if gone == '\1' then
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
redis.call('PUBLISH', channel, struct.pack('>I4', #key) .. key .. row)
if gone == '\1' then
  redis.call('SET', record, row, 'PX', keep)
else
  redis.call('SET', record, row)
end
return {'landed', rev}
