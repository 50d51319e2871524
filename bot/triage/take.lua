-- KEYS: where it is kept who has each conversation, in order. ARGV: the triage, for how many milliseconds.
-- Takes the first that nobody else has. Answers its number, 0 for none, and how many of the others are free.
local taken, free = 0, 0
for number, key in ipairs(KEYS) do
  local holder = redis.call('GET', key)
  if not holder or holder == ARGV[1] then
    if taken == 0 then
      redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
      taken = number
    else
      free = free + 1
    end
  end
end
return {taken, free}
