-- include queue/lanes.lua
-- ARGV: the name under which all is accepted once or "", until when or "", and the jobs (4 each).
-- Answers how many were new, -1 where it is too late, and what time it is.
local once, deadline = ARGV[1], ARGV[2]
if deadline ~= '' and now() > tonumber(deadline) then return {-1, tostring(now())} end
if once ~= '' and not first_time(once) then return {0, tostring(now())} end
return {push_all(3), tostring(now())}
