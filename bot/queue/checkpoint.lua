-- include queue/held.lua
-- ARGV[5]: the item as it is now.
if head(lane) then redis.call('LSET', lane_key(lane), 0, ARGV[5]) end
return 1
