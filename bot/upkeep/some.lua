-- ARGV: where to go on, what the names begin with: of cards, of their places, of both and some others; the seconds that
-- a card is kept, and 1 where all cards are wanted: else those that may have come to rest within a day, that are gone,
-- or that live longer than they may. Places of cards that have moved on, as an older version left them, are from now on
-- forgotten in time. Answers where to go on, the cards, and what is neither.
local card, place, life = ARGV[2], ARGV[3], tonumber(ARGV[5])
local function is_due(name)
  local left = redis.call('TTL', name)
  local rests = life - WEEK - left
  return left < 0 or left > life or (rests >= 0 and rests <= DAY) or redis.call('HEXISTS', name, 'gone') == 1
end
local found, cards, others = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[4], 'COUNT', 1000), {}, {}
for _, name in ipairs(found[2]) do
  if name:sub(1, #card) == card then
    if ARGV[6] == '1' or is_due(name) then cards[#cards + 1] = name end
  elseif name:sub(1, #place) == place then
    if redis.call('TTL', name) == -1 then redis.call('EXPIRE', name, life) end
  else
    others[#others + 1] = name
  end
end
return {found[1], cards, others}
