-- ARGV: where to move what was missed; whoever gets it says that events are lost, too. Run again for the same place, the
-- script changes nothing.
local to = ARGV[1]
if redis.call('EXISTS', to) == 0 and redis.call('EXISTS', MISSED) == 1 then
  for _, part in ipairs({'', ':count'}) do
    if redis.call('EXISTS', MISSED .. part) == 1 then
      redis.call('RENAME', MISSED .. part, to .. part)
      redis.call('EXPIRE', to .. part, WEEK)
    end
  end
  if redis.call('DEL', GAP) == 1 then redis.call('SET', to .. ':gap', 1, 'EX', WEEK) end
end
