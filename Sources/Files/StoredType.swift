/// Options for reading a checkpoint.
public struct ReadingOptions: Sendable {
    /// Leaves out what cannot be read and lists it in ``StateDict/leftOut``; otherwise it is an error.
    public var skip = false
    /// Converts complex numbers to pairs of real ones, in a last dimension of 2; otherwise they cannot be read.
    public var complexAsPairs = false

    /// By default whatever cannot be read is an error.
    public init(skip: Bool = false, complexAsPairs: Bool = false) {
        self.skip = skip
        self.complexAsPairs = complexAsPairs
    }
}

/// The element type that a file states: numbers that a tensor can hold, complex numbers, or something else.
enum StoredType: Equatable, Sendable {
    case number(FileElement)
    /// Complex numbers with parts of this type, and the file's name for the type.
    case complex(FileElement, String)
    /// Another type, by the file's name, and its bytes per element if known.
    case foreign(String, width: Int?)

    /// Bytes of one element in the file.
    var width: Int? {
        switch self {
        case .number(let element): element.width
        case .complex(let part, _): 2 * part.width
        case .foreign(_, let width): width
        }
    }

    /// The bytes of `count` elements, or nil when that overflows or is not known.
    func byteCount(_ count: Int) -> Int? {
        guard let width, count >= 0 else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
        return overflow ? nil : bytes
    }

    /// The type of the numbers to read, and how many of them make an element: 2 for complex ones.
    /// - Throws: ``Unreadable`` for types that no tensor holds.
    func numbers(_ options: ReadingOptions) throws -> (element: FileElement, each: Int) {
        switch self {
        case .number(let element): return (element, 1)
        case .complex(let part, _) where options.complexAsPairs: return (part, 2)
        case .complex(_, let name):
            throw Unreadable("complex elements (\(name)), which {complex = \"pairs\"} reads as pairs of real ones")
        case .foreign(let name, _):
            throw Unreadable("elements of type \"\(name)\" are not supported: no tensor type holds them")
        }
    }
}

/// Why a tensor of an intact file cannot be read. Others may be readable.
struct Unreadable: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
