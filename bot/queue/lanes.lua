-- What all scripts of the queue know. An item is one byte, p (a person waits) or b (background), and the job's JSON.

local function now() local t = redis.call('TIME'); return t[1] + t[2] / 1e6 end

local function somebody_acts() redis.call('SET', ACTIVE, math.floor(now())) end

local function first_time(name) return redis.call('SET', PREFIX .. 'once:' .. name, '1', 'NX', 'EX', WEEK) end

local function lane_key(name) return PREFIX .. 'lane:' .. name end
local function hurried(name) return PREFIX .. 'hurried:' .. name end
local function head(name) return redis.call('LINDEX', lane_key(name), 0) end

local function ticket(name, item)
  redis.call('XADD', item:sub(1, 1) == 'p' and PEOPLE or BACKGROUND, '*', 'lane', name)
end

local function kind(item) return cjson.decode(item:sub(2)).kind end

local function put_off(name, wait)
  redis.call('ZADD', DELAYED, now() + wait, name)
  redis.call('ZADD', DELAYED_SINCE, now(), name)
end

-- `how`: 1 merges the job with the last one of its lane, +0.8 puts it off for so many seconds, ?name pushes it only where
-- there is a key of that name.
local function push(name, item, once, how)
  if how:sub(1, 1) == '?' and redis.call('EXISTS', PREFIX .. how:sub(2)) == 0 then return 0 end
  if once ~= '' and not first_time(once) then return 0 end
  if item:sub(1, 1) == 'p' then somebody_acts() end
  if how == '1' and redis.call('LLEN', lane_key(name)) > 1 then
    if kind(redis.call('LINDEX', lane_key(name), -1)) == kind(item) then return 0 end
  end
  if redis.call('RPUSH', lane_key(name), item) > 1 then return 1 end
  if how:sub(1, 1) == '+' then put_off(name, tonumber(how:sub(2))) else ticket(name, item) end
  return 1
end

-- Nothing in the lane is done any more; whoever has its ticket finds it empty.
local function drop(name)
  if name == '' then return end
  redis.call('DEL', lane_key(name))
  redis.call('ZREM', DELAYED, name)
  redis.call('ZREM', DELAYED_SINCE, name)
end

-- The jobs in ARGV from there on, to the last or up to one: lane, item, once and how of each. What is put off is the line of the job before it:
-- one that is not pushed, as it was asked for already, has none.
local function push_all(from, to)
  local pushed, last = 0, 0
  for i = from, to or #ARGV, 4 do
    local how = ARGV[i + 3]
    if how:sub(1, 1) ~= '+' then
      last = push(ARGV[i], ARGV[i + 1], ARGV[i + 2], how)
      pushed = pushed + last
    elseif last == 1 then
      push(ARGV[i], ARGV[i + 1], ARGV[i + 2], how)
    end
  end
  return pushed
end
