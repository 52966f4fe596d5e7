/* Suggestions while typing, after the ARIA pattern of an editable combobox with list autocompletion: focus stays in the
   field, arrows move through the list, Enter opens what is marked, Escape closes. Without this file the form is a form. */

const PAUSE = 150; // ms: about the time between two letters of somebody who types fast
const LEAST = 2; // letters; fewer say too little
let lists = 0;

class Combobox {
  constructor(form) {
    this.field = form.querySelector("input[type='search']");
    this.address = form.dataset.suggestions;
    this.options = [];
    this.marked = -1;
    this.answers = new Map();

    lists += 1;
    this.list = document.createElement("ul");
    this.list.id = `suggestions-${lists}`;
    this.list.className = "search__list";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.list.hidden = true;
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    form.append(this.list, this.status);

    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    })) {
      this.field.setAttribute(name, value);
    }
    this.field.addEventListener("input", () => this.later());
    this.field.addEventListener("keydown", (event) => this.pressed(event));
    this.field.addEventListener("blur", () => this.close());
    // A press on the list must not take focus from the field, or the list would close before the click.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    form.addEventListener("submit", () => this.close());
  }

  get isOpen() {
    return !this.list.hidden;
  }

  later() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const typed = this.field.value.trim();
    if (typed.length < LEAST) {
      this.close();
      return;
    }
    if (!this.answers.has(typed)) {
      this.asking = new AbortController();
      try {
        const answer = await fetch(`${this.address}?q=${encodeURIComponent(typed)}`, { signal: this.asking.signal });
        if (!answer.ok) throw new Error(answer.statusText);
        this.answers.set(typed, (await answer.json()).suggestions);
      } catch {
        // Aborted by the next letter, or no answer: the form still works.
        this.close();
        return;
      }
    }
    if (document.activeElement === this.field && this.field.value.trim() === typed) this.show(this.answers.get(typed));
  }

  show(suggestions) {
    this.options = suggestions.map((suggestion, place) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${place}`;
      option.className = "search__option";
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.url = suggestion.url;
      const label = document.createElement("span");
      label.className = "search__label";
      label.textContent = suggestion.label;
      option.append(`${suggestion.title} `, label);
      option.addEventListener("click", () => this.go(option));
      return option;
    });
    this.list.replaceChildren(...this.options);
    this.mark(-1);
    this.list.hidden = this.options.length === 0;
    this.field.setAttribute("aria-expanded", String(this.isOpen));
    const number = this.options.length;
    this.status.textContent = number ? `${number} suggestion${number === 1 ? "" : "s"}` : "No suggestions";
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.status.textContent = "";
    this.mark(-1);
  }

  mark(place) {
    this.marked = place;
    for (const [number, option] of this.options.entries()) {
      option.setAttribute("aria-selected", String(number === place));
    }
    const option = this.options[place];
    if (option) {
      this.field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.field.removeAttribute("aria-activedescendant");
    }
  }

  go(option) {
    this.close();
    location.assign(option.dataset.url);
  }

  pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const last = this.options.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) {
        this.ask().then(() => {
          if (this.isOpen && !event.altKey) this.mark(event.key === "ArrowDown" ? 0 : this.options.length - 1);
        });
      } else if (event.key === "ArrowDown") {
        this.mark(this.marked === last ? -1 : this.marked + 1);
      } else {
        this.mark(this.marked === -1 ? last : this.marked - 1);
      }
    } else if (event.key === "Enter" && this.isOpen && this.marked >= 0) {
      event.preventDefault();
      this.go(this.options[this.marked]);
    } else if (event.key === "Escape" && this.isOpen) {
      // One Escape closes the list; what else Escape closes waits for the next.
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
      this.mark(-1);
    }
  }
}

for (const form of document.querySelectorAll("form[data-suggestions]")) new Combobox(form);
