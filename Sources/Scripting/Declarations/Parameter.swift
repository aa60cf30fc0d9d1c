/// One or more parameters of a function that become one Swift value.
///
///     .argument("x", .tensor, "of any shape")
///     .argument("keepdim", .flag, default: false, "whether reduced dimensions stay, of size 1")
///     .option("eps", .number(above: 0), default: 1e-8)
public final class Parameter<T>: Sendable {
    /// Usually one; several for a table of options.
    public let specs: [ParameterSpec]
    /// Takes as many of the call's values as there are specs. For parameters that are built from others.
    public let read: @Sendable (inout Call) throws -> T

    /// - Parameter read: must take as many values as there are specs.
    public init(_ specs: [ParameterSpec], read: @escaping @Sendable (inout Call) throws -> T) {
        (self.specs, self.read) = (specs, read)
    }

    // `@inlinable @inline(never)`: compiled once per type in the room that declares the function, which is fast to
    // compile and to call.

    /// A required argument.
    @inlinable @inline(never)
    public static func argument(_ name: String, _ domain: Domain<T>, _ note: String = "") -> Parameter {
        Parameter(ParameterSpec(.argument, name, domain, note), domain)
    }

    /// An argument that may be left out; the default is computed per call.
    @inlinable @inline(never)
    public static func argument(
        _ name: String, _ domain: Domain<T>, default fallback: @escaping @autoclosure @Sendable () -> T,
        _ note: String = ""
    ) -> Parameter {
        Parameter(
            ParameterSpec(.argument, name, domain, fallback: { domain.show(fallback()) }, note), domain,
            fallback: fallback)
    }

    /// A required option, given by name in the last table.
    @inlinable @inline(never)
    public static func option(_ name: String, _ domain: Domain<T>, _ note: String = "") -> Parameter {
        Parameter(ParameterSpec(.option, name, domain, note), domain)
    }

    /// An option that may be left out; the default is computed per call.
    @inlinable @inline(never)
    public static func option(
        _ name: String, _ domain: Domain<T>, default fallback: @escaping @autoclosure @Sendable () -> T,
        _ note: String = ""
    ) -> Parameter {
        Parameter(
            ParameterSpec(.option, name, domain, fallback: { domain.show(fallback()) }, note), domain,
            fallback: fallback)
    }

    /// All arguments that follow.
    public static func rest<E>(_ name: String, _ domain: Domain<E>, _ note: String = "") -> Parameter where T == [E] {
        let spec = ParameterSpec(.rest, name, domain, note)
        return Parameter([spec]) { call in
            try (0..<call.rest).map { _ in
                let value = call.take()
                guard let element = try call.reading(name, { try domain.read(value) }) else {
                    throw call.refusal(of: spec)
                }
                return element
            }
        }
    }

    @inlinable @inline(never)
    convenience init(_ spec: ParameterSpec, _ domain: Domain<T>, fallback: (@Sendable () -> T)? = nil) {
        let read = domain.read
        self.init([spec]) { call in
            let value = call.take()
            if let fallback, case .none = value { return fallback() }
            guard let result = try call.reading(spec.name, { try read(value) }) else { throw call.refusal(of: spec) }
            return result
        }
    }
}

extension Parameter {
    /// The parameter's value converted with access to the host's context.
    public func inContext<U>(_ transform: @escaping @Sendable (T, Context) throws -> U) -> Parameter<U> {
        Parameter<U>(specs) { [read] call in
            let value = try read(&call)
            return try transform(value, call.context)
        }
    }
}

extension Parameter where T == Context {
    /// The host's context; not an argument of the script.
    public static var context: Parameter { Parameter([]) { $0.context } }
}

extension Parameter where T == String {
    /// The function's name in messages; not an argument of the script.
    public static var operation: Parameter { Parameter([]) { $0.function } }
}

/// Options stored in the properties of a struct, whose initial values are the defaults.
///
///     static let options = OptionTable({ Adam() },
///         .option("lr", \.lr, .number(from: 0), "the length of a step"),
///         .option("amsgrad", \.amsgrad, .flag))
public struct OptionTable<S>: Sendable {
    /// In the order of the signature.
    public let fields: [Field]
    let make: @Sendable () -> S

    /// `make` gives the defaults, which the signature shows.
    public init(_ make: @escaping @Sendable () -> S, _ fields: Field...) {
        (self.make, self.fields) = (make, fields)
    }

    /// The options as one parameter of type `S`.
    public var parameter: Parameter<S> {
        Parameter(fields.flatMap { [start = make()] in $0.specs(start) }) { call in
            var settings = make()
            for field in fields { try field.read(&settings, &call) }
            return settings
        }
    }

    /// The options in a table, written over `settings`.
    /// - Throws: ``Fault`` for an unknown name or a wrong value.
    public func read(_ table: any ScriptTable, over settings: S) throws -> S {
        let specs = fields.flatMap { $0.specs(settings) }
        var call = Call([], Context())
        call.values = try Call.values(of: table, for: specs)
        var result = settings
        for field in fields {
            do {
                try field.read(&result, &call)
            } catch let fault as Fault where fault.parameter != nil {
                throw Fault("option \(fault.parameter ?? ""): \(fault.message)")
            }
        }
        return result
    }

    /// The settings as a script would write them: `lr = 0.1, amsgrad = false`.
    public func text(of settings: S) -> String {
        fields.flatMap { $0.specs(settings) }.map { "\($0.name) = \($0.fallback ?? "nil")" }.joined(separator: ", ")
    }

    /// One option: a name and a property of the settings.
    public struct Field: Sendable {
        let specs: @Sendable (S) -> [ParameterSpec]
        let read: @Sendable (inout S, inout Call) throws -> Void

        /// The default is the property's value in new settings.
        public static func option<T>(
            _ name: String, _ property: any WritableKeyPath<S, T> & Sendable, _ domain: Domain<T>, _ note: String = ""
        ) -> Field {
            let spec = ParameterSpec(.option, name, domain, note)
            return Field { start in
                nonisolated(unsafe) let value = start[keyPath: property]
                return [ParameterSpec(.option, name, domain, fallback: { domain.show(value) }, note)]
            } read: { settings, call in
                let value = call.take()
                if case .none = value { return }
                guard let result = try call.reading(name, { try domain.read(value) }) else {
                    throw call.refusal(of: spec)
                }
                settings[keyPath: property] = result
            }
        }

        /// Options that several functions share, kept in one property of their settings.
        public static func options<T>(
            _ property: any WritableKeyPath<S, T> & Sendable, _ shared: OptionTable<T>
        ) -> Field {
            Field { start in
                shared.fields.flatMap { $0.specs(start[keyPath: property]) }
            } read: { settings, call in
                for field in shared.fields { try field.read(&settings[keyPath: property], &call) }
            }
        }
    }
}

extension OptionTable.Field {
    /// An option that has to be given.
    public static func required<T>(
        _ name: String, _ property: any WritableKeyPath<S, T?> & Sendable, _ domain: Domain<T>, _ note: String = ""
    ) -> OptionTable.Field {
        let spec = ParameterSpec(.option, name, domain, note)
        return OptionTable.Field { _ in
            [spec]
        } read: { settings, call in
            let value = call.take()
            guard let result = try call.reading(name, { try domain.read(value) }) else {
                throw call.refusal(of: spec)
            }
            settings[keyPath: property] = result
        }
    }
}
