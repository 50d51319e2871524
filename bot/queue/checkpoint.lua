-- include queue/held.lua
-- ARGV[5]: the item as it is now.
redis.call('LSET', lane_key(lane), 0, ARGV[5])
return 1
