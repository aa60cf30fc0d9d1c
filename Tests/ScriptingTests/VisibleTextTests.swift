import Scripting
import Testing

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("plain, grün 🙂\n\t", "plain, grün 🙂\n\t"), ("\u{1b}]0;x\u{7}", "^[]0;x^G"), ("a\rb", "a^Mb"), ("\u{7f}", "^?"),
        ("\u{9b}5n", "?5n"), ("", ""),
    ]) func controlsAreShown(text: String, shown: String) {
        #expect(text.visible == shown)
    }
}
