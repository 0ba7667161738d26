// A post in a Teams channel: Microsoft's own library draws the cards, with a host config close to that of Teams.

import { element, timeOf } from "./element.js";

const { AdaptiveCard, HostConfig, OpenUrlAction } = window.AdaptiveCards;
const markdown = window.markdownit({ html: false });

AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown.render(text);
  result.didProcess = true;
};

const color = (name) => ({ default: `var(--${name})`, subtle: `var(--${name}-subtle)` });
const style = (background) => ({
  backgroundColor: `var(--${background})`,
  borderColor: "var(--line)",
  foregroundColors: {
    default: color("text"),
    dark: color("text"),
    light: color("text"),
    accent: color("accent"),
    good: color("good"),
    warning: color("warning"),
    attention: color("attention"),
  },
});

const config = new HostConfig({
  fontFamily: "inherit",
  supportsInteractivity: true,
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
  lineHeights: { small: 16, default: 20, medium: 22, large: 24, extraLarge: 32 },
  imageSizes: { small: 32, medium: 52, large: 100 },
  containerStyles: {
    default: style("card"),
    emphasis: style("emphasis"),
    good: style("good-back"),
    warning: style("warning-back"),
    attention: style("attention-back"),
    accent: style("accent-back"),
  },
  actions: {
    maxActions: 6,
    spacing: "default",
    buttonSpacing: 0, // inbox.css has a gap instead, which also parts rows
    actionsOrientation: "horizontal",
    actionAlignment: "left",
    showCard: { actionMode: "inline", inlineTopMargin: 16, style: "emphasis" },
  },
  adaptiveCard: { allowCustomStyle: false },
  factSet: {
    title: { weight: "bolder", wrap: true, maxWidth: 160 },
    value: { weight: "default", wrap: true },
    spacing: 16,
  },
  table: { cellSpacing: 8 },
});

export function drawTeams(message) {
  const body = message.refused ? refusal(message) : cards(message);
  return [
    element("span", { class: "avatar flow", "aria-hidden": "true" }),
    element(
      "div",
      { class: "post" },
      element("p", { class: "byline" }, element("strong", {}, "Workflows"), timeOf(message)),
      ...body,
    ),
  ];
}

function cards(message) {
  return posted(message).map((content) => {
    const card = new AdaptiveCard();
    card.hostConfig = config;
    card.onExecuteAction = (action) => {
      if (action instanceof OpenUrlAction) window.open(action.url, "_blank", "noopener");
    };
    card.parse(content);
    const drawn = element("div", { class: "card" }, card.render());
    for (const action of card.getAllActions()) if (action instanceof OpenUrlAction) linked(action);
    return drawn;
  });
}

// The two envelopes: a message with cards in it, or the card alone.
function posted(message) {
  const body = JSON.parse(message.raw);
  return body.type === "message" ? body.attachments.map((attachment) => attachment.content) : [body];
}

// The library draws a button that opens a window. A link also shows where it leads, and can be copied.
function linked(action) {
  const button = action.renderedElement;
  if (!(button instanceof HTMLButtonElement)) return; // behind "…", or an element that is a button as a whole
  const link = element("a", { href: action.url, target: "_blank", rel: "noopener" });
  for (const name of ["class", "style", "title"]) link.setAttribute(name, button.getAttribute(name));
  link.append(...button.childNodes);
  button.replaceWith(link);
}

function refusal(message) {
  return [
    element(
      "section",
      { class: "refused" },
      element("h2", {}, element("span", { class: "badge" }, "REFUSED"), " Teams never showed this card"),
      element("p", { class: "reason" }, message.refused),
      element("p", { class: "hint" }, "Its sender was told 202 (accepted) all the same; only the flow’s run history says this."),
    ),
  ];
}
