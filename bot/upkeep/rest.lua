-- KEYS: a card, what rules remember of it, and what leads to it. ARGV: the seconds that it is kept, the thread as it was
-- read, the thread as it is kept from now on, or "" where it stays as it is; 1 where the conversation is gone, then the
-- fields that stay.
-- Who did something to it is known by name alone then. Of the message that it shows stays when that was written, to the
-- millisecond: a number, which takes 8 bytes.
-- What rules remember lives with the card, but for what they can find out again; whoever snoozed it finds all that again,
-- however late.
local card, life, with_it = KEYS[1], tonumber(ARGV[1]), {unpack(KEYS, 3)}
if redis.call('HGET', card, 'thread') ~= ARGV[2] then return 0 end -- somebody was faster
for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
  if field ~= 'rule' and field ~= 'first' then with_it[#with_it + 1] = KEYS[2]; break end
end
if redis.call('HEXISTS', card, 'snoozed') == 1 then
  redis.call('PERSIST', card)
  for _, key in ipairs(with_it) do redis.call('PERSIST', key) end
  return 0
end
local left = redis.call('TTL', card)
if left < 0 or left > life then redis.call('EXPIRE', card, life); left = life end
for _, key in ipairs(with_it) do
  if redis.call('TTL', key) < left then redis.call('EXPIRE', key, left + 2 * DAY) end
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
  for _, field in ipairs({'archived', 'assigned', 'answered', 'status', 'tagged', 'valued'}) do
    local note = redis.call('HGET', card, field)
    if note then redis.call('HSET', card, field, (note:gsub('"member":"[^"]*",', ''))) end
  end
  return 1
end
for _, field in ipairs(redis.call('HKEYS', card)) do
  local stays = false
  for at = 5, #ARGV do stays = stays or field == ARGV[at] end
  if not stays then redis.call('HDEL', card, field) end
end
return 1
