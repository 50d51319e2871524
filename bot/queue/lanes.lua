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

local function push(name, item, once, merge)
  if once ~= '' and not first_time(once) then return 0 end
  if item:sub(1, 1) == 'p' then somebody_acts() end
  if merge == '1' and redis.call('LLEN', lane_key(name)) > 1 then
    if kind(redis.call('LINDEX', lane_key(name), -1)) == kind(item) then return 0 end
  end
  if redis.call('RPUSH', lane_key(name), item) == 1 then ticket(name, item) end
  return 1
end

-- The jobs in ARGV from there on: lane, item, once and merge of each.
local function push_all(from)
  local pushed = 0
  for i = from, #ARGV, 4 do pushed = pushed + push(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
  return pushed
end
