// The search runs in a worker, which browsers refuse to pages that are opened from a folder (file:). There this stands
// in for one: a hidden frame that runs the worker's script, and hands messages on.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.documentElement.appendChild(frame)
      this.inside = frame.contentWindow
      this.waiting = []
      this.inside.postMessage = data => this.deliver(this, data)
      const script = frame.contentDocument.createElement("script")
      script.src = url
      script.onload = () => {
        const waiting = this.waiting
        this.waiting = null
        for (const data of waiting) this.postMessage(data)
      }
      frame.contentDocument.documentElement.appendChild(script)
    }

    postMessage(data) {
      if (this.waiting) this.waiting.push(data)
      else this.deliver(this.inside, data)
    }

    // As a worker does: later, and by way of onmessage, too.
    deliver(to, data) {
      setTimeout(() => {
        const event = new MessageEvent("message", {data})
        if (to === this && this.onmessage) this.onmessage(event)
        to.dispatchEvent(event)
      })
    }
  }
}
