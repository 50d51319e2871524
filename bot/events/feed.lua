-- include queue/lanes.lua
-- Another process may speak another version by now, to which the cursor belongs then.
local function counts(api) return api ~= '' and (redis.call('GET', INBOX_VERSION) or api) == api end

local function fresh(event) return first_time('event:' .. event) end

-- Whether the event is new or has waited for this; from now on it is neither.
local function has_turn(event)
  local waited = redis.call('HDEL', PENDING_EVENTS, event) == 1
  redis.call('ZREM', PENDING, event)
  return fresh(event) or waited
end
