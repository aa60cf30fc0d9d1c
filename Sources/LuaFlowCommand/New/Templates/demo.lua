local NAME = require "NAME"

print(NAME.twice(21))
print(#NAME.counter():up():up(2))
