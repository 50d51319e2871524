-- A time that lies further ahead than it can have been meant to is left over from before Redis' clock was set back (or
-- from another server, with another clock): it is not believed, or all posts would rest for as long. When a channel is
-- free again is kept with how far ahead that was when it was written.
local function believed(key, now, usual)
  local at, ahead = string.match(redis.call('GET', key) or '0', '^(%d+) ?(%d*)')
  if tonumber(at) - now > (tonumber(ahead) or usual) then return 0 end
  return tonumber(at)
end
