print("luaflow")
