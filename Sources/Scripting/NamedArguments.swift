/// A parameter that scripts give by its place or, in a table that stands last, by its name.
public struct NamedParameter: ExpressibleByStringLiteral, Sendable {
    public let name: String
    /// Whether a list may be its value: an empty table at its place is then that, not a table without options.
    public let isList: Bool

    public init(stringLiteral name: String) {
        (self.name, isList) = (name, false)
    }

    private init(list name: String) {
        (self.name, isList) = (name, true)
    }

    public static func list(_ name: String) -> NamedParameter { NamedParameter(list: name) }
}

extension Arguments {
    /// These arguments with what a last table of options names put at its place, so that `x:sort(1, true)`,
    /// `x:sort(1, {descending = true})` and `x:sort{dim = 1, descending = true}` are one call.
    ///
    /// - Parameters:
    ///   - parameters: in the order of their places.
    ///   - first: the place of the first; what stands before it has no name.
    /// - Throws: ``ScriptError`` for an unknown name, a parameter given by place and by name, and too many arguments.
    public func placed(_ parameters: [NamedParameter], from first: Int = 2) throws -> Arguments {
        guard count >= first, case .table(let table)? = values.last, try table.count == 0 else {
            try atMost(first - 1 + parameters.count)
            return self
        }
        let options = try Options(function: function, table: table, known: parameters.map(\.name))
        // An empty table behind everything else is one argument too many.
        if options.values.isEmpty { try atMost(first - 1 + parameters.count) }
        let last = count - first
        if options.values.isEmpty, parameters.indices.contains(last), parameters[last].isList { return self }
        var placed = Arguments(function: function, values: values.dropLast(), context: context)
        try placed.atMost(first - 1 + parameters.count)
        for (index, parameter) in parameters.enumerated() where options.has(parameter.name) {
            let position = first + index
            guard placed.isNil(position) else {
                throw error("\(parameter.name) is given twice, as argument \(position) and as an option")
            }
            placed.place(options[parameter.name], at: position)
        }
        return placed
    }
}
