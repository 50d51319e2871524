-- include events/feed.lua
-- include reminders/wait.lua
-- include stats/receive.lua
-- Events in the order of the feed. ARGV, of each: its id, how many values its jobs have, and these (4 of each job), then
-- the thread whose message it tells of, if that was missed, else "". Where it was: when it happened, the message, when to
-- look at the wait, the thread's wait, the message with which that began; and for the figures the day's messages ("" where
-- it counts for none), the seconds that they live, the latest of the thread, and when the message was written. It is
-- counted, and shown with the digest. Answers for each whether it was its turn.
local next_one, turns = 1, {}
local function take()
  next_one = next_one + 1
  return ARGV[next_one - 1]
end

-- At once, unless what came before it is still to be counted: then by its job, which is its last.
local function is_figured(thread, message, day, lives, latest, written, lane)
  if day == '' or redis.call('EXISTS', lane_key(lane)) == 1 then return false end
  receive(day, lives, latest, written, thread, message)
  return true
end

while next_one <= #ARGV do
  local id, values = take(), tonumber(take())
  local first, last = next_one, next_one + values - 1
  next_one = last + 1
  local thread, is_turn = take(), has_turn(id)
  if thread ~= '' then
    local at, message, look, own, began = take(), take(), take(), take(), take()
    local day, lives, latest, written = take(), take(), take(), take()
    if is_turn then
      redis.call('ZADD', MISSED, 'LT', at, thread)
      redis.call('HINCRBY', MISSED_COUNT, thread, 1)
      redis.call('SET', PREFIX .. 'once:missed:' .. message, '1', 'EX', WEEK)
      if redis.call('SISMEMBER', CAUGHT_UP, thread) == 0 then redis.call('HSETNX', OWED, thread, at) end
      if is_figured(thread, message, day, lives, latest, written, ARGV[last - 3]) then last = last - 4 end
    end
    wrote(own, began, thread, at, look, message)
  elseif is_turn and last > first then
    somebody_acts()
  end
  if is_turn then push_all(first, last) end
  turns[#turns + 1] = is_turn and 1 or 0
end
return turns
