-- ARGV: the consumer.
for _, stream in ipairs({PEOPLE, BACKGROUND}) do
  if #redis.call('XPENDING', stream, GROUP, '-', '+', 1, ARGV[1]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, ARGV[1])
  end
end
