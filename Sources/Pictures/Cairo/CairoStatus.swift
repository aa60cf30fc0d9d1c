import CCairo
import Scripting

/// Throws Cairo's error status as a ScriptError, with Cairo's own message.
func check(_ status: cairo_status_t, _ operation: String, _ doing: String) throws {
    guard status == CAIRO_STATUS_SUCCESS else {
        throw ScriptError(operation, "\(doing): \(String(cString: cairo_status_to_string(status)))")
    }
}
