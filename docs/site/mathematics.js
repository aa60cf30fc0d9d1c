// Mathematics: every element that the Markdown has marked, \(...\) or \[...\], drawn by KaTeX.
document.addEventListener("DOMContentLoaded", () => {
  for (const element of document.querySelectorAll(".arithmatex")) {
    const text = element.textContent.trim()
    const display = text.startsWith("\\[")
    katex.render(text.slice(2, -2), element, {displayMode: display, throwOnError: false})
  }
})
