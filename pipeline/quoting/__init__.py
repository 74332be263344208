"""Who says what: stretches between quotation marks, the verb that brings them in, and the speaker."""
