-- include reminders/wait.lua
-- KEYS: waiting, due, the thread's own, the id of the message with which its wait began.
-- ARGV: thread, when it was written, when to look, the message's id.
return wrote(KEYS[3], KEYS[4], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
