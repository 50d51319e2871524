-- ARGV: where to move what was missed; whoever gets it says that events are lost, too. Run again for the same place, the
-- script changes nothing.
for _, part in ipairs({'', ':count'}) do
  local from, to = MISSED .. part, ARGV[1] .. part
  if redis.call('EXISTS', to) == 0 and redis.call('EXISTS', from) == 1 then
    redis.call('RENAME', from, to)
    redis.call('EXPIRE', to, WEEK)
    if part == '' and redis.call('DEL', GAP) == 1 then redis.call('SET', to .. ':gap', 1, 'EX', WEEK) end
  end
end
