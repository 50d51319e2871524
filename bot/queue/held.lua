-- include queue/lanes.lua
-- ARGV begins with the consumer, the stream, the ticket's id and the lane. Only the ticket's present holder may go on.
local consumer, stream, id, lane = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if #redis.call('XPENDING', stream, GROUP, id, id, 1, consumer) == 0 then return 0 end

local function hand_in() redis.call('XACK', stream, GROUP, id); redis.call('XDEL', stream, id) end

-- A new ticket for what is first in the lane now.
local function go_on()
  local item = head(lane)
  if item then ticket(lane, item) end
  hand_in()
end
