-- include queue/held.lua
go_on()
return 1
