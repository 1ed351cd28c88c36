-- Makes a prefix that is not there, and returns the format of the prefix.
-- KEYS: house, log, graves. ARGV: the format of a new one.
local house = KEYS[1]
local format = redis.call('HGET', house, 'format')
if format then
  redis.call('HSETNX', house, 'format', format) -- changes nothing, and is refused by a replica
  return format
end
if redis.call('EXISTS', unpack(KEYS)) > 0 then
  return ''
end
local now = redis.call('TIME')
redis.call('HSET', house, 'format', ARGV[1], 'rev-2', string.format('%d%06d', now[1], now[2]))
return ARGV[1]
