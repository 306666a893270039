"""What people send along with words: pictures, voice, video, files."""
