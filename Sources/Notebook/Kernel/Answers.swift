import LuaFlow
import Sessions

extension Kernel {
    /// Answers on the thread of the sockets, also while a cell runs.
    func answerAtOnce(_ message: Message, on channel: Wire.Channel) {
        publish("status", ["execution_state": "busy"], parent: message.header)
        defer { publish("status", ["execution_state": "idle"], parent: message.header) }
        switch message.type {
        case "interrupt_request":
            interrupt()
            reply("interrupt_reply", ["status": "ok"], to: message, on: channel)
        case "shutdown_request":
            let content: JSON = ["status": "ok", "restart": .flag(message.content["restart"]?.flag ?? false)]
            reply("shutdown_reply", content, to: message, on: channel)
            publish("shutdown_reply", content, parent: message.header)
            stop()
        case "kernel_info_request": reply("kernel_info_reply", kernelInfo, to: message, on: channel)
        default: requests.add(.request(message, channel))
        }
    }

    /// Answers in order, on the thread that called ``run()``.
    func answer(_ message: Message, on channel: Wire.Channel) {
        publish("status", ["execution_state": "busy"], parent: message.header)
        defer { publish("status", ["execution_state": "idle"], parent: message.header) }
        let content = message.content
        func send(_ type: String, _ answer: JSON) { reply(type, answer, to: message, on: channel) }
        switch message.type {
        case "execute_request": execute(message, on: channel)
        case "kernel_info_request": send("kernel_info_reply", kernelInfo)
        case "complete_request": send("complete_reply", interruptibly(message) { completed(content) })
        case "inspect_request": send("inspect_reply", interruptibly(message) { inspected(content) })
        case "is_complete_request": send("is_complete_reply", completeness(content))
        case "history_request": send("history_reply", state.withLock { $0.history.reply(content) })
        // Comms are not supported: one that is opened is closed.
        case "comm_info_request": send("comm_info_reply", ["status": "ok", "comms": [:]])
        case "comm_open":
            publish("comm_close", ["comm_id": content["comm_id"] ?? "", "data": [:]], parent: message.header)
        default: break
        }
    }

    /// A script's `__complete` or `__tostring` may run in an answer and not return: Interrupt stops it.
    private func interruptibly(_ message: Message, _ answer: () -> JSON) -> JSON {
        state.withLock { ($0.current, $0.isInterrupted) = (message, false) }
        defer { state.withLock { ($0.current, $0.isInterrupted) = (nil, false) } }
        return answer()
    }

    private var kernelInfo: JSON {
        let version = Interpreter.luaVersion.split(separator: " ").last.map(String.init) ?? ""
        return [
            "status": "ok", "protocol_version": .text(Message.version), "implementation": "luaflow",
            "implementation_version": .text(LuaFlow.Host.version), "debugger": false, "supported_features": [],
            "banner": .text("LuaFlow \(LuaFlow.Host.version). ?NAME prints documentation, Tab completes."),
            "language_info": [
                "name": "lua", "version": .text(version), "mimetype": "text/x-lua", "file_extension": ".lua",
                "pygments_lexer": "lua", "codemirror_mode": "lua", "nbconvert_exporter": "script",
            ],
            "help_links": [["text": "Lua 5.4 Reference Manual", "url": "https://www.lua.org/manual/5.4/"]],
        ]
    }

    private func completed(_ content: JSON) -> JSON {
        let code = content["code"]?.text ?? ""
        let found = session.complete(code, at: CodePlaces.offset(content["cursor_pos"]?.integer, in: code))
        return [
            "status": "ok", "matches": .list(found.candidates.map { .text($0) }), "metadata": [:],
            "cursor_start": .integer(CodePlaces.position(found.range.lowerBound, in: code)),
            "cursor_end": .integer(CodePlaces.position(found.range.upperBound, in: code)),
        ]
    }

    private func inspected(_ content: JSON) -> JSON {
        let code = content["code"]?.text ?? ""
        let found = session.inspect(code, at: CodePlaces.offset(content["cursor_pos"]?.integer, in: code))
        return [
            "status": "ok", "found": .flag(!found.isEmpty), "metadata": [:],
            "data": found.isEmpty ? [:] : MIMEBundle.json(found),
        ]
    }

    private func completeness(_ content: JSON) -> JSON {
        switch session.isComplete(content["code"]?.text ?? "") {
        case .complete: ["status": "complete"]
        case .invalid: ["status": "invalid"]
        case .incomplete(let indent): ["status": "incomplete", "indent": .text(indent)]
        }
    }
}

/// Conversion of positions: Jupyter counts code points, sessions count bytes of UTF-8.
enum CodePlaces {
    static func offset(_ position: Int?, in text: String) -> Int? {
        guard let position else { return nil }
        return text.unicodeScalars.prefix(max(position, 0)).reduce(0) { $0 + UTF8.width($1) }
    }

    static func position(_ offset: Int, in text: String) -> Int {
        var (bytes, count) = (0, 0)
        for scalar in text.unicodeScalars {
            if bytes >= offset { break }
            bytes += UTF8.width(scalar)
            count += 1
        }
        return count
    }
}
