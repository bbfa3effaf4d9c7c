"""What a peer's turn is: the prompt, the bounded loop that collects acts, and the one transaction they become."""
