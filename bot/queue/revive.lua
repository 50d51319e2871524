-- include queue/lanes.lua
-- ARGV: the dead letter's id, its lane, its item as it is to be tried again.
if redis.call('XDEL', DEAD, ARGV[1]) == 0 then return 0 end
return push(ARGV[2], ARGV[3], '', '')
