import LuaFlow
import Sessions

extension Kernel {
    /// Runs a cell.
    func execute(_ message: Message, on channel: Wire.Channel) {
        let content = message.content
        let code = content["code"]?.text ?? ""
        let isSilent = content["silent"]?.flag ?? false
        let isStored = !isSilent && content["store_history"]?.flag ?? true
        let parent = message.header
        let output = CellOutput(prefix: message.id + " ") { [self] type, content in
            if !isSilent { publish(type, content, parent: parent) }
        }
        let number = state.withLock { state in
            if isStored { state.executionCount += 1 }
            state.current = message
            state.output = output
            state.isInterrupted = false
            state.canAsk = content["allow_stdin"]?.flag ?? false
            return state.executionCount
        }
        if !isSilent {
            publish("execute_input", ["code": .text(code), "execution_count": .integer(number)], parent: parent)
        }

        offerPauses(to: message)
        let streams = RunStreams(line: { [self] in ask(message) }, output.take)
        let evaluation = session.evaluate(
            code, number: number, isAside: !isStored, isColoured: true, streams: streams)
        drainStray()
        if let status = evaluation.exit {
            output.take(.text(.error, Array("os.exit(\(status)) ends this cell; the kernel goes on\n".utf8)))
        }
        output.flush()
        show(evaluation, number, parent, isSilent: isSilent)

        var answer: [String: JSON] = ["execution_count": .integer(number)]
        if let failure = evaluation.failure {
            answer.merge(failureContent(failure)) { $1 }
            answer["status"] = "error"
        } else {
            answer["status"] = "ok"
            answer["payload"] = payload(evaluation)
            answer["user_expressions"] = values(of: content["user_expressions"], output)
        }
        drainStray()
        output.flush()
        state.withLock { state in
            if isStored {
                let value = evaluation.shown.last?.first
                var text: String?
                if case .text(let plain)? = value?.content { text = plain }
                state.history.add(number, code, value: text)
            }
            (state.current, state.output, state.isInterrupted, state.canAsk) = (nil, nil, false, false)
        }
        // Sent before the reply: a cell that a client sends after it was not waiting.
        let stops = evaluation.failure != nil && content["stop_on_error"]?.flag ?? true
        let waiting = stops ? requests.takeExecutions() : []
        reply("execute_reply", .object(answer), to: message, on: channel)
        abort(waiting)
    }

    /// Shows a cell's values: the last one is its result, those before it are displayed.
    private func show(_ evaluation: Evaluation, _ number: Int, _ parent: JSON, isSilent: Bool) {
        if isSilent { return }
        for ways in evaluation.shown.dropLast() {
            publish("display_data", ["data": MIMEBundle.json(ways), "metadata": [:], "transient": [:]], parent: parent)
        }
        if let ways = evaluation.shown.last {
            publish(
                "execute_result",
                ["data": MIMEBundle.json(ways), "metadata": [:], "execution_count": .integer(number)], parent: parent)
        }
        if let failure = evaluation.failure { publish("error", .object(failureContent(failure)), parent: parent) }
    }

    private func failureContent(_ failure: Evaluation.Failure) -> [String: JSON] {
        let lines = failure.text.split(separator: "\n", omittingEmptySubsequences: false).map { JSON.text(String($0)) }
        return [
            "ename": .text(failure.kind), "evalue": .text(failure.message),
            "traceback": .list(failure.text.hasSuffix("\n") ? lines.dropLast() : lines),
        ]
    }

    /// What a page and a wish to exit add to the reply.
    private func payload(_ evaluation: Evaluation) -> JSON {
        var payload: [JSON] = []
        if let page = evaluation.page {
            payload.append(["source": "page", "data": ["text/plain": .text(page)], "start": 0])
        }
        if evaluation.exit != nil { payload.append(["source": "ask_exit", "keepkernel": false]) }
        return .list(payload)
    }

    /// Evaluates expressions that the front end asks for. Scripts cannot ask for input there.
    private func values(of expressions: JSON?, _ output: CellOutput) -> JSON {
        guard case .object(let expressions)? = expressions else { return [:] }
        return .object(
            expressions.mapValues { expression in
                let evaluation = session.evaluate(
                    expression.text ?? "", isAside: true, streams: RunStreams(output.take))
                if let failure = evaluation.failure {
                    return .object(failureContent(failure).merging(["status": "error"]) { $1 })
                }
                return ["status": "ok", "data": MIMEBundle.json(evaluation.shown.last ?? []), "metadata": [:]]
            })
    }

    /// Cells that were sent behind one that failed are not run, and get no number: a front end would show it.
    private func abort(_ waiting: [(Message, ConnectionFile.Channel)]) {
        for (message, channel) in waiting {
            publish("status", ["execution_state": "busy"], parent: message.header)
            reply("execute_reply", ["status": "aborted"], to: message, on: channel)
            publish("status", ["execution_state": "idle"], parent: message.header)
        }
    }

    /// A line from whoever sits at the notebook, for `io.read`; nil where nobody answers. What the cell wrote last, if
    /// it ended no line, stands before the place for the answer.
    private func ask(_ message: Message) -> [UInt8]? {
        guard state.withLock({ $0.canAsk }) else {
            let words = "no input here: this notebook takes no questions of a cell\n"
            state.withLock { $0.output }?.take(.text(.error, Array(words.utf8)))
            return nil
        }
        drainStray()
        let output = state.withLock { $0.output }
        let question = output?.takeUnfinishedLine() ?? ""
        if let answer = line(message, prompt: question) { return Array(answer.utf8) + [UInt8(ascii: "\n")] }
        output?.take(.text(.output, Array(question.utf8)))
        return nil
    }

    /// - Returns: nil when the wait was abandoned.
    func line(_ message: Message, prompt: String) -> String? {
        drainStray()
        state.withLock { $0.output }?.flush()
        return input.wait {
            var request = Message(
                "input_request", ["prompt": .text(prompt), "password": false], session: name, parent: message.header)
            request.identities = message.identities
            wire.send(request, on: .stdin)
        }
    }
}
