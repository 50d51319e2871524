-- KEYS: a lane, the lanes that wait, and since when they do. ARGV: the lane's name, 1 where no bot runs, and the items to take
-- out, each with what takes its place, or "". A lane that a worker may have in hand is left as it is. Answers how many were
-- taken out.
local lane, alone = ARGV[1], ARGV[2] == '1'
if not alone and not redis.call('ZSCORE', KEYS[2], lane) then return 0 end
local out = 0
for at = 3, #ARGV, 2 do
  if ARGV[at + 1] ~= '' then redis.call('LINSERT', KEYS[1], 'BEFORE', ARGV[at], ARGV[at + 1]) end
  out = out + redis.call('LREM', KEYS[1], 0, ARGV[at])
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], lane)
  redis.call('ZREM', KEYS[3], lane)
end
return out
