-- include queue/lanes.lua
-- ARGV: the lane. One that is being worked is marked, so that it does not wait afterwards.
local lane = ARGV[1]
if redis.call('EXISTS', lane_key(lane)) == 0 then return end
if redis.call('ZADD', DELAYED, 'XX', 'CH', now(), lane) == 0 then redis.call('SET', hurried(lane), '1', 'EX', 60) end
