import LuaFlowCommand

LuaFlowProgram.main()
