import Foundation
import ProgramChecks
import Testing

@testable import Notebook

/// The program as a Jupyter kernel, addressed through its sockets.
@Suite(.enabled(if: Client.isPossible), .serialized) struct KernelTests {
    @Test func aCellRunsAndItsOutputComes() throws {
        let client = try Client()
        let info = client.reply(to: client.send("kernel_info_request"))
        #expect(info?["protocol_version"] == "5.4" && info?["language_info"]?["name"] == "lua")

        let (reply, published) = client.execute(
            "print('hello')\nio.stderr:write('wrong')\nos.execute('echo child')\n6 * 7")
        #expect(reply["status"] == "ok" && reply["execution_count"] == 1)
        let streams = published.filter { $0.type == "stream" }.map {
            ($0.content["name"]?.text ?? "", $0.content["text"]?.text ?? "")
        }
        #expect(
            streams.map(\.0) == ["stdout", "stderr", "stdout"] && streams.map(\.1) == ["hello\n", "wrong", "child\n"],
            "\(published)")
        #expect(published.last?.type == "execute_result" && published.last?.content["data"]?["text/plain"] == "42")

        let failed = client.execute("local t = nil\nt.x = 1")
        #expect(failed.reply["status"] == "error" && failed.published.map(\.type) == ["error"])
        #expect(failed.reply["evalue"]?.text?.hasPrefix("cell 2:2: ") == true, "\(failed.reply)")
        #expect(client.execute("_ + 1").published.last?.content["data"]?["text/plain"] == "43")
    }

    @Test func cellsBehindAFailedOneAreNotRun() throws {
        let client = try Client()
        let ids = ["os.execute('sleep 0.3') error('no')", "hits = 1", "hits = 2"].map {
            client.send("execute_request", ["code": .text($0)])
        }
        #expect(client.reply(to: ids[0])?["status"] == "error")
        // Without a number: JupyterLab would put it beside a cell that did not run.
        for id in ids.dropFirst() { #expect(client.reply(to: id) == ["status": "aborted"]) }
        #expect(client.execute("hits == nil").published.last?.content["data"]?["text/plain"] == "true")
    }

    @Test func aCellThatIsSentAfterTheErrorsReplyIsRun() throws {
        let client = try Client()
        for round in 1...50 {
            #expect(client.reply(to: client.send("execute_request", ["code": "error('no')"]))?["status"] == "error")
            let reply = client.reply(to: client.send("execute_request", ["code": "1"]))
            #expect(reply?["status"] == "ok", "\(round): \(String(describing: reply))")
        }
    }

    @Test func interruptsStopACellAndLoseNothing() throws {
        let client = try Client()
        _ = client.execute("kept = 0")
        for round in 1...20 {
            let id = client.send("execute_request", ["code": "kept = kept + 1\nwhile true do end"])
            var reply: JSON?
            // An interrupt that comes before the cell runs does nothing, so it is repeated.
            while reply == nil, client.isRunning {
                if round % 2 == 0 { client.signal(SIGINT) } else { client.send("interrupt_request", on: .control) }
                while let frames = client.frames(on: .shell, within: 300),
                    let message = try? Message(frames, client.signature)
                {
                    if message.parent["msg_id"] == .text(id) { reply = message.content }
                }
            }
            #expect(reply?["ename"] == "interrupted", "\(round): \(String(describing: reply))")
        }
        #expect(client.execute("kept").published.last?.content["data"]?["text/plain"] == "20")
    }

    @Test func interruptsStopACompletionThatDoesNotEnd() throws {
        let client = try Client()
        _ = client.execute("o = setmetatable({}, {__complete = function() while true do end end})")
        for type in ["complete", "inspect", "complete"] {
            if type == "inspect" {
                _ = client.execute("p = setmetatable({}, {__tostring = function() while true do end end})")
            }
            let id = client.send(type + "_request", ["code": .text(type == "inspect" ? "p" : "o.a")])
            var reply: JSON?
            // An interrupt that comes before the request does nothing, so it is repeated.
            while reply == nil, client.isRunning {
                client.send("interrupt_request", on: .control)
                while let frames = client.frames(on: .shell, within: 300),
                    let message = try? Message(frames, client.signature)
                {
                    if message.parent["msg_id"] == .text(id) { reply = message.content }
                }
            }
            #expect(reply?["status"] == "ok", "\(type): \(String(describing: reply))")
        }
        #expect(client.execute("6 * 7").published.last?.content["data"]?["text/plain"] == "42")
    }

    @Test func whatTheNotebookAsksByItselfIsBesideTheCells() throws {
        let client = try Client()
        let asked: JSON = ["a": "'one'", "b": "io.read()", "c": "error('no')"]
        let reply = client.execute("5", ["user_expressions": asked, "allow_stdin": true]).reply["user_expressions"]
        #expect(reply?["a"]?["data"]?["text/plain"] == "\"one\"" && reply?["b"]?["data"]?["text/plain"] == "nil")
        #expect(reply?["c"]?["evalue"] == "cell 0:1: no", "\(String(describing: reply))")
        _ = client.execute("6", ["silent": true])
        #expect(client.execute("_").published.last?.content["data"]?["text/plain"] == "5")
    }

    @Test func wrongMessagesAreRefusedAndTheKernelGoesOn() throws {
        let client = try Client()
        let right = Message("execute_request", ["code": "broken_in = true"], session: "test").frames(client.signature)
        for change in [0, 1, 2, 3, 4, 5] {
            var frames = right
            frames[change] = Array("{\"a\": ".utf8)
            client.send(frames, on: .shell)
            client.send(Array(right.dropLast(change + 1)), on: .control)
        }
        client.send([], on: .shell)
        client.send("no_such_request")
        client.send("execute_request", ["code": 12], on: .shell)
        #expect(client.execute("broken_in == nil").published.last?.content["data"]?["text/plain"] == "true")
        client.send([[1, 2, 3]], on: .heartbeat)
        #expect(client.frames(on: .heartbeat) == [[1, 2, 3]])
    }

    @Test func itEndsWhenItIsToldTo() throws {
        let client = try Client()
        _ = client.execute("1")
        client.send("execute_request", ["code": "while true do end"])
        let id = client.send("shutdown_request", ["restart": false], on: .control)
        #expect(client.reply(to: id, on: .control) == ["status": "ok", "restart": false])
        #expect(client.status() == 0)
    }

    @Test(arguments: [
        (["kernel", "run", "/no/such/file.json"], "luaflow kernel run: /no/such/file.json: there is no such file"),
        (["kernel", "run", "--memory", "1G", "/no/such/file.json"], "/no/such/file.json: there is no such file"),
        (["kernel", "run", "--sandbox", "/no/such/file.json"], "--sandbox: for luaflow run FILE"),
        (["kernel", "run"], "connection-file"),
        (["kernel", "install", "--user", "--prefix", "/tmp"], "one of the two expected"),
        (["kernel", "install", "--prefix", "/dev/null/x"], "no folder can be made there"),
    ])
    func wrongUsageIsAnErrorInWords(_ arguments: [String], _ words: String) throws {
        let result = try Command.run(arguments)
        #expect(result.status != 0 && result.errors.contains(words), "\(result.errors)")
    }
}
