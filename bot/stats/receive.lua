-- Events may be heard of in another order than they happened in. `day` has the day's messages, `own` the latest of the
-- thread; `lives` are seconds, and `came` is when the message was written.
local function receive(day, lives, own, came, thread, message)
  if redis.call('HSET', day, message, thread) == 0 then return end
  redis.call('EXPIRE', day, lives)
  local at, latest = tonumber(came), redis.call('HMGET', own, 'sent', 'day', 'message', 'member', 'received')
  if at > tonumber(latest[5] or 0) then
    redis.call('HSET', own, 'received', at)
    redis.call('EXPIRE', own, 3600)
  end
  if latest[1] and at <= tonumber(latest[1]) then
    if redis.call('HSETNX', latest[2], latest[3], string.format('%.3f ', latest[1] - at) .. latest[4]) == 1 then
      redis.call('EXPIRE', latest[2], lives)
    end
    return
  end
  redis.call('HSETNX', UNANSWERED, thread, came)
end
