import CCairo
import Scripting

/// Turns Cairo's status into our one kind of error, with Cairo's own words.
func check(_ status: cairo_status_t, _ operation: String, _ doing: String) throws {
    guard status == CAIRO_STATUS_SUCCESS else {
        throw ScriptError(operation, "\(doing): \(String(cString: cairo_status_to_string(status)))")
    }
}
