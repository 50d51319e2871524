-- KEYS: where it is kept who has the conversation. ARGV: the triage that gives it back, if it has it.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
