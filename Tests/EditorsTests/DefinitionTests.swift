import Editors
import LuaFlow
import Testing

/// The LuaCATS definition files are valid Lua, define every name once, and define every type that they use.
@Suite struct DefinitionTests {
    let files: [(name: String, text: String)]
    init() throws { files = Definitions(try CheckerTests.catalogue.get()).files }

    private var lines: [Substring] { files.flatMap { $0.text.split(separator: "\n") } }

    @Test func everyFileIsLua() throws {
        #expect(files.map(\.name).contains("optim.lua") && files.count == Host.builtInModules.count + 1)
        let interpreter = try Interpreter()
        for (name, text) in files {
            #expect(throws: Never.self, "\(name)") { try Parser.parse(text) }
            #expect(throws: Never.self, "\(name)") { try interpreter.check(code: text, name: name) }
            let meta = name == "types.lua" ? "---@meta" : "---@meta \(name.dropLast(4))"
            #expect(text.split(separator: "\n").first.map(String.init) == meta)
        }
    }

    @Test func everyNameIsThereOnce() {
        let defined = lines.filter { $0.hasPrefix("function ") }.map { $0.dropFirst(9).prefix { $0 != "(" } }
        #expect(Set(defined).count == defined.count)
        var expected: Set<String> = []
        for module in Host.builtInModules {
            for function in module.functions { expected.insert(function.name) }
            for binding in module.types {
                for method in binding.methods { expected.insert("\(binding.type.name):\(method.shortName)") }
                for property in binding.properties {
                    let field = "---@field \(property.shortName) "
                    #expect(lines.contains { $0.hasPrefix(field) }, "\(property.name)")
                }
            }
        }
        #expect(Set(defined.map(String.init)) == expected)
    }

    @Test func everyTypeIsDefined() {
        let classes = lines.filter { $0.hasPrefix("---@class ") }.map { String($0.dropFirst(10).prefix { $0 != ":" }) }
        #expect(Set(classes).count == classes.count)
        let known = Set(classes).union([
            "any", "nil", "boolean", "string", "number", "integer", "function", "table", "fun", "numbers",
        ])
        let tags = ["---@param ", "---@return ", "---@operator ", "---@overload ", "---@field "]
        for line in lines where tags.contains(where: line.hasPrefix) {
            for type in Self.types(in: line) { #expect(known.contains(type), "\(type) in \(line)") }
        }
    }

    /// The words of the line that are types: without parameter names, and without the description after a field's type.
    private static func types(in line: Substring) -> [String] {
        var rest = line.dropFirst(3).drop { $0 != " " }.dropFirst()
        if line.hasPrefix("---@param") || line.hasPrefix("---@field") {
            let isIndex = rest.hasPrefix("[")
            rest = rest.drop { $0 != (isIndex ? "]" : " ") }.dropFirst()
        }
        if line.hasPrefix("---@field") {
            // What follows a field's type is a description.
            rest = rest.drop { $0 == " " }
            if !rest.hasPrefix("fun(") && !rest.hasPrefix("{") { rest = rest.prefix { $0 != " " } }
        }
        if line.hasPrefix("---@return"), !rest.hasPrefix("fun("), !rest.hasPrefix("{") {
            rest = rest.prefix { $0 != " " }
        }
        // After a record type comes the result's name.
        if line.hasPrefix("---@return"), rest.hasPrefix("{") {
            rest = rest.prefix(through: rest.lastIndex(of: "}") ?? rest.startIndex)
        }
        if line.hasPrefix("---@operator") { rest = rest.drop { $0 != "(" && $0 != ":" } }
        // Text literals are no types.
        rest = Substring(rest.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 0 }.map(\.element).joined())
        var types: [String] = []
        var word = ""
        for letter in String(rest) + " " {
            if letter.isLetter || letter.isNumber || letter == "_" || letter == "." {
                word.append(letter)
                continue
            }
            let isName = letter == ":" || letter == "?"
            if !isName { types.append(word.hasPrefix("...") ? String(word.dropFirst(3)) : word) }
            word = ""
        }
        return types.filter { !$0.isEmpty }
    }

    @Test(arguments: [
        "function tensor.zeros(...) end", "---@param ... number|number[]|tensor.zeros.options",
        "---@param ... number|number[]", "---@return tensor values", "---@return tensor indices",
        "---@class tensor.zeros.options", "---@field dtype? \"float32\"|\"float64\"",
        "---@field shape integer[] The extents, outermost first.",
        "---@operator add(tensor|number): tensor", "---@operator unm: tensor", "---@operator len: integer",
        "---@field [number] tensor|number", "---@field [table] any",
        "function tensor:max(dim, keepdim, options) end", "---@overload fun(self: tensor): tensor",
        "---@overload fun(values: numbers|any[]|boolean, options?: tensor.options): tensor",
        "---@class tensorlib: table",
        "---@class optimlib.schedule: table", "function optim.schedule.cosine(lr, steps) end",
        "---@class projection: table", "---@alias numbers number|table",
        "---@overload fun(x: tensor|number): tensor", "function flow:to_latent(x, context, options) end",
        "---@field T tensor The transpose of a matrix, as a view: x:t().",
        "function checkpoint.save(path, tensors, options) end", "---@param tensors table<string, tensor>",
        "---@return {images: tensor, labels: tensor}", "---@return tensor ...", "return optim",
        // Arguments that may be left out, and arguments that may not.
        "---@param mean? number", "---@param x tensor|number", "---@param kind? string",
        "---@param shape? number[]|number",
        "---@param components distribution|flow|(distribution|flow)[]", "function tensor:reshape(...) end",
        // The results of iterators, and several results.
        "---@return fun(): integer", "---@return fun(): tensor, tensor", "---@return table<string, tensor> tensors",
        "---@return tensor w", "---@return tensor V",
        // A last table of names in each place where a call may have it; where a place takes tables, no tensor's fields.
        "---@overload fun(shape?: number[]|number, options: random.normal.options): tensor",
        "---@overload fun(shape?: number[]|number, mean?: number, options: random.normal.options): tensor",
        "---@overload fun(self: tensor, dim?: number|number[], options: tensor.std.method.options): tensor",
        "---@overload fun(x: numbers, count?: number, options?: random.choice.options): tensor",
        // -x of an unknown x; a network's parts by their names; a number or a tensor.
        "---@class number: negated", "---@field [string] module|tensor",
        "---@overload fun(self: prox, x: tensor|number, options: prox.envelope.method.options): any",
    ])
    func goldenLines(_ line: String) {
        #expect(lines.contains { $0 == line }, "\(line)")
    }
}
