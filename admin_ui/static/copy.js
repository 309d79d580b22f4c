// Where scripts run, the label that leads to a text becomes a button that copies it.
for (const label of document.querySelectorAll("label[data-copies]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label.textContent;
  button.addEventListener("click", async () => {
    const field = document.getElementById(label.dataset.copies);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    document.getElementById("copied").textContent = label.dataset.done;
  });
  label.replaceWith(button);
}
document.getElementById("copying")?.remove();
