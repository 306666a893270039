"""The whole product beside the least that could do the same work, in the same rounds."""
