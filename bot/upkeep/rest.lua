-- KEYS: a card, and what leads to it. ARGV: the seconds that it is kept, the thread as it was read, the thread as it is
-- kept from now on, or "" where it stays as it is; 1 where the conversation is gone, then the fields that stay.
-- Of the message that it shows stays when that was written, to the millisecond: a number, which takes 8 bytes.
-- Whoever snoozed it finds it again, however late.
local card, life = KEYS[1], tonumber(ARGV[1])
if redis.call('HGET', card, 'thread') ~= ARGV[2] then return 0 end -- somebody was faster
if redis.call('HEXISTS', card, 'snoozed') == 1 then
  for _, key in ipairs(KEYS) do redis.call('PERSIST', key) end
  return 0
end
local left = redis.call('TTL', card)
if left < 0 or left > life then redis.call('EXPIRE', card, life); left = life end
for at = 2, #KEYS do
  if redis.call('TTL', KEYS[at]) < left then redis.call('EXPIRE', KEYS[at], left + 2 * 86400) end
end
if ARGV[3] == '' then return 0 end
redis.call('HSET', card, 'thread', ARGV[3])
if ARGV[4] ~= '1' then
  local latest = redis.call('HGET', card, 'latest')
  if latest then
    local written = cjson.decode(latest).created_at:gsub('%D', '') .. '000'
    redis.call('HSET', card, 'rested', written:sub(1, 17))
  end
  redis.call('HDEL', card, 'latest')
  return 1
end
for _, field in ipairs(redis.call('HKEYS', card)) do
  local stays = false
  for at = 5, #ARGV do stays = stays or field == ARGV[at] end
  if not stays then redis.call('HDEL', card, field) end
end
return 1
