import Scripting

/// Fields that were added to a saved table that already had many, such as the entries of a log: versions share them,
/// and they are compared only from time to time. An object, so that a version does not copy them.
final class ColdFields {
    let fields: [(key: Value, saved: Saved)]
    private lazy var places = Dictionary(
        fields.enumerated().compactMap { place, field in FieldKey(field.key).map { ($0, place) } }
    ) { $1 }

    init(_ fields: [(key: Value, saved: Saved)]) { self.fields = fields }

    func saved(of key: Value) -> Saved? { FieldKey(key).flatMap { places[$0] }.map { fields[$0].saved } }

    func equals(_ other: ColdFields?) -> Bool {
        guard let other else { return fields.isEmpty }
        if self === other { return true }
        return fields.count == other.fields.count
            && fields.allSatisfy { field in other.saved(of: field.key).map(field.saved.equals) ?? false }
    }
}

/// A table's key, for finding it again; objects are identified by address.
enum FieldKey: Hashable {
    case boolean(Bool)
    case integer(Int)
    case number(UInt64)
    case string(ByteString)
    case object(ObjectIdentifier)
    case address(UInt)

    init?(_ key: Value) {
        switch key {
        case .boolean(let flag): self = .boolean(flag)
        case .integer(let integer): self = .integer(integer)
        case .number(let number): self = .number(number.bitPattern)
        case .string(let text): self = .string(text)
        case .object(let object): self = .object(ObjectIdentifier(object))
        case .table(let table): self = .address(table.address)
        case .function(let function): self = .address(function.address)
        default: return nil
        }
    }
}
