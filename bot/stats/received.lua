-- include stats/receive.lua
-- ARGV: the day's messages, the seconds that they live, the latest of the thread, when it came, thread id, message id.
receive(unpack(ARGV))
