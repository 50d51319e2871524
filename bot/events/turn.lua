-- include events/feed.lua
-- ARGV: the event's id, and the jobs that it asks for (4 each).
if not has_turn(ARGV[1]) then return 0 end
if #ARGV > 1 then somebody_acts() end
push_all(2)
return 1
