-- include events/feed.lua
-- ARGV: the seq, and the API version in whose feed that is, or "" for the one that is spoken.
local seq, api = ARGV[1], ARGV[2]
if api ~= '' and not counts(api) then return end
if tonumber(redis.call('GET', CURSOR) or -1) < tonumber(seq) then redis.call('SET', CURSOR, seq) end
