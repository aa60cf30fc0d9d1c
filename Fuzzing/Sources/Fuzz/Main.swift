import Foundation

/// libFuzzer's loop. Its library form: the loop's own `main` would clash with Swift's.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `PARSER=npy Fuzz CORPUS -max_total_time=60`: fuzzes that parser, with libFuzzer's options.
/// `PARSER=npy Fuzz --seeds REPOSITORY CORPUS`: fills the corpus from the tests' fixtures.
/// Without PARSER: prints the parsers' names.
@main
enum Main {
    static func main() throws {
        guard let wanted = ProcessInfo.processInfo.environment["PARSER"] else {
            print(Parser.catalogue.map(\.name).joined(separator: "\n"))
            return
        }
        guard let parser = Parser.catalogue.first(where: { $0.name == wanted }) else {
            let names = Parser.catalogue.map(\.name).joined(separator: ", ")
            FileHandle.standardError.write(Data("no parser is named \(wanted); there are \(names)\n".utf8))
            exit(2)
        }
        let arguments = CommandLine.arguments
        if arguments.count == 4, arguments[1] == "--seeds" {
            try parser.writeSeeds(from: URL(fileURLWithPath: arguments[2]), to: URL(fileURLWithPath: arguments[3]))
            return
        }
        Target.current = Target(parser)
        var count = CommandLine.argc
        var vector: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(runFuzzer(&count, &vector) { bytes, count in
            Target.current?.run(UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        })
    }
}
